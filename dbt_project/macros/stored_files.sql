{#-
  A model that keeps the rows of files from build to build types only those of files that are new or
  have changed. Each row keeps the version of its file: how the file and the view over it are read, its
  size and the time of its last change. Rows of versions that are no more are deleted before others
  come in.
-#}
{#- As the view over the files has it, how all of them are read, and after a space the build. -#}
{%- macro stored_version(file_version, input, view) -%}
    {{ file_version }} || '{{ reading_digest(input, view) }} {{ invocation_id }}'
{%- endmacro -%}

{#-
  What the rows of every file depend on: the model, the view and the models under it, and the types of
  the columns, which are those that the columns of all files have in common.
-#}
{%- macro reading_digest(input, view) -%}
    {%- set staging = ref(setting("input") ~ "__" ~ input) -%}
    {%- set reading = [] -%}
    {%- set relation = ref(view) -%}
    {%- if execute -%}
        {%- do reading.extend([model.raw_code, definition_of(relation)]) -%}
        {%- for read in models_read(graph.nodes["model.segmart." ~ view]) -%}
            {%- do reading.append(read.raw_code) -%}
        {%- endfor -%}
        {%- for column in adapter.get_columns_in_relation(staging) -%}
            {%- do reading.append(column.name ~ " " ~ column.dtype) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(local_md5(reading | join("; "))) -}}
{%- endmacro -%}

{#- The versions that the files have now, as the view over them has them. -#}
{%- macro file_versions(input) -%}
    {%- set view = ref(setting("input") ~ "__" ~ input) -%}
    {%- if not has_files(input) -%}
        {%- if "segmart_file_version" not in given_columns(view) -%}
            {{- raise_that_view_is_old(setting("input")) -}}
        {%- endif -%}
        {%- set found = run_query("select distinct segmart_file_version from " ~ view) -%}
        {{- return(found.columns[0].values() | list) -}}
    {%- endif -%}
    {%- set definition, versions = definition_of(view), [] -%}
    {%- for file in input_files(input) -%}
        {%- if file.file_version not in definition -%}
            {{- raise_that_view_is_old(file.file) -}}
        {%- endif -%}
        {%- do versions.append(file.file_version) -%}
    {%- endfor -%}
    {{- return(versions) -}}
{%- endmacro -%}

{%- macro raise_that_view_is_old(over) -%}
    {%- do refuse(
        "the view over %s is older than the settings or the file: build it too, with --select +%s",
        over,
        model.name,
    ) -%}
{%- endmacro -%}

{#- The versions that are stored, and the same without the build. -#}
{%- macro stored_versions() -%}
    {%- set stored = {} -%}
    {%- for version in run_query("select distinct file_version from " ~ this).columns[0].values() if version -%}
        {%- do stored.update({version: version.split(" ")[0]}) -%}
    {%- endfor -%}
    {{- return(stored) -}}
{%- endmacro -%}

{%- macro is_of_new_file(input, view) -%}
    {%- set digest = reading_digest(input, view) -%}
    {%- set stored = stored_versions().values() | list -%}
    {%- set new = [] -%}
    {%- for version in file_versions(input) if version ~ digest not in stored -%}
        {%- do new.append(version) -%}
    {%- endfor -%}
    {#- Where none is new no file has to be opened. -#}
    {{ "file_version in " ~ text_literals(new) if new else "false" }}
{%- endmacro -%}

{%- macro delete_changed_files(input, view) -%}
    {%- if is_incremental() -%}
        {%- set digest = reading_digest(input, view) -%}
        {%- set current = [] -%}
        {%- for version in file_versions(input) -%}
            {%- do current.append(version ~ digest) -%}
        {%- endfor -%}
        {%- set gone, kept = [], [] -%}
        {%- for stored, version in stored_versions().items() -%}
            {%- do (kept if version in current else gone).append(stored) -%}
        {%- endfor -%}
        {%- do say_how_much_is_typed(input, current | length - kept | length, current | length) -%}
        {#- Lines of a table, or of a staging folder of one's own, have no version. -#}
        delete from {{ this }}
        where file_version is null or file_version in {{ text_literals(gone) }}
    {%- elif has_files(input) -%}
        {%- set files = input_files(input) | length -%}
        {%- do say_how_much_is_typed(input, files, files) -%}
    {%- endif -%}
{%- endmacro -%}

{#- The step is one statement, which says nothing while it runs. -#}
{%- macro say_how_much_is_typed(input, new, all) -%}
    {%- if new > 0 and has_files(input) -%}
        {%- do log(
            "lines: %s of %s files are new or have changed, and are typed now: some ten seconds for each"
            " five million lines on two processors that do nothing else"
            | format(new, all),
            info=true,
        ) -%}
    {%- endif -%}
{%- endmacro -%}

{#- The version of the files of sources, as an expression: their names, sizes and times in seconds. -#}
{%- macro version_of_sources(sources) -%}
    {{- return(adapter.dispatch("version_of_sources", "segmart")(sources)) -}}
{%- endmacro -%}

{#- Of read_blob only what is asked for is read: not the content. -#}
{%- macro default__version_of_sources(sources) -%}
    (
        select
            md5(
                string_agg(
                    concat_ws(' ', files.filename, files.size, files.last_modified),
                    ', '
                    order by files.filename
                )
            )
        from read_blob([{{ sources | join(", ") }}]) as files
    )
{%- endmacro -%}
