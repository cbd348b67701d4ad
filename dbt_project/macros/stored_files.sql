{#-
  A model that keeps the rows of files from build to build reads only the files that are new or have
  changed. Each row keeps the version of its file: how the file and the view over it read, its size and
  the time of its last change. Rows of versions that are no more are deleted before others come in.
-#}
{%- macro stored_version(file_version, view) -%}
    {{ file_version }} || '{{ local_md5(definition_of(ref(view))) if execute }}'
{%- endmacro -%}

{#- The versions that the files have now. -#}
{%- macro file_versions(input) -%}
    {%- set files = input_files(input) -%}
    {%- set names = input_names(files) -%}
    {%- set versions = [] -%}
    {%- for file in files -%} {%- do versions.append(file_version(file, names)) -%} {%- endfor -%}
    {{- return(versions) -}}
{%- endmacro -%}

{%- macro is_of_new_file(input, view) -%}
    {%- set definition = local_md5(definition_of(ref(view))) -%}
    {%- set known = run_query("select distinct file_version from " ~ this).columns[0].values() -%}
    {%- set new = ["''"] -%}
    {%- for version in file_versions(input) if version ~ definition not in known -%}
        {%- do new.append(text_literal(version)) -%}
    {%- endfor -%}
    file_version in ({{ new | join(", ") }})
{%- endmacro -%}

{%- macro delete_changed_files(input, view) -%}
    {%- if is_incremental() -%}
        {%- set definition = local_md5(definition_of(ref(view))) -%}
        {%- set current = ["''"] -%}
        {%- for version in file_versions(input) -%}
            {%- do current.append(text_literal(version ~ definition)) -%}
        {%- endfor -%}
        delete from {{ this }}
        where coalesce(file_version, 'of no file') not in ({{ current | join(", ") }})
    {%- endif -%}
{%- endmacro -%}
