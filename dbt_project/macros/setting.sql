{#- What each var may be: a pattern that its text matches in full, a range, a list or a mapping. -#}
{%- macro setting_kinds() -%}
    {#- Letters of any language; no quote, no bracket, no semicolon, no backslash. -#}
    {%- set path = "(?!.*--)[\\w./*?=,@ +-]{1,500}" -%}
    {%- set path_words = (
        "a path or glob: letters, digits, spaces and the signs _ . / * ? = , @ + -"
    ) -%}
    {%- set input = {
        "pattern": "none|table:[A-Za-z_]\\w*([.][A-Za-z_]\\w*){2}|ref:[A-Za-z_]\\w*([.][A-Za-z_]\\w*)?|"
        ~ path,
        "allowed": path_words
        ~ "; or table: and database.schema.table, or ref: and the name of a model",
    } -%}
    {{-
        return(
            {
                "input": {
                    "pattern": "[a-z][a-z0-9_]*",
                    "allowed": "files, or the name of another folder in staging/",
                },
                "order_lines": input,
                "customers": input,
                "customer_metrics": input,
                "columns": {"is_mapping": true},
                "metrics": {
                    "items": "[\\w .%/()-]{1,100}",
                    "allowed": "a list of columns of customer_metrics; empty for all that are numbers",
                },
                "customer_ids": {
                    "pattern": "as_given|pseudonyms",
                    "allowed": "as_given or pseudonyms",
                },
                "forgotten_customers": {
                    "pattern": "(?!.*--)[\\w./=,@ +-]{1,500}",
                    "allowed": "the path of a file: letters, digits, spaces and the signs _ . / = , @ + -",
                },
                "checksums": {"pattern": path, "allowed": path_words},
                "delimiter": {
                    "pattern": "[,;|]|tab",
                    "allowed": "one of , ; | and tab",
                },
                "encoding": {
                    "pattern": "utf-8|latin-1|utf-16",
                    "allowed": "utf-8, latin-1 or utf-16",
                },
                "date_format": {
                    "pattern": "iso|(?=.*%-?d)(?=.*%[yY])(%-?[YymdHMSfzbBIp]|[/.:, _TZ-]){2,40}",
                    "allowed": "iso, or a format with codes such as %d/%m/%Y %H:%M",
                },
                "decimal_sign": {
                    "pattern": "point|comma",
                    "allowed": "point or comma",
                },
                "thousands_sign": {
                    "pattern": "none|comma|point|space",
                    "allowed": "none, comma, point or space; not that of the fraction",
                },
                "currency_sign": {
                    "pattern": "none|[$€£¥₹]|[A-Z]{3}|kr|zł",
                    "allowed": "none, a sign such as $ or €, or a code such as EUR",
                },
                "cancelled_order_pattern": {
                    "pattern": "none|(([A-Za-z0-9._-]|\\[[A-Za-z0-9]-[A-Za-z0-9]\\])[*+]?){1,40}",
                    "allowed": "none, or a regular expression of letters, digits, . _ - and ranges such as [0-9], each with * or + or nothing",
                },
                "max_rejected_share": {"share": true},
                "complete_journey": {
                    "pattern": path,
                    "allowed": path_words,
                    "default": "beside the installed package",
                },
                "as_of": {
                    "pattern": "default|[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
                    ~ "|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
                    ~ "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29",
                    "allowed": "default (the day after the last order) or a date as 2018-01-31",
                },
                "min_orders": {"minimum": 1, "maximum": 1000000},
                "max_quantity": {"minimum": 1, "maximum": 1000000000},
                "recent_days": {"minimum": 1, "maximum": 36500},
                "profile_attributes": {
                    "items": "[\\w .%/()-]{1,100}",
                    "allowed": "a list of columns of the customers input; empty for all of them",
                },
                "k": {
                    "pattern": "auto|[1-9][0-9]?",
                    "allowed": "auto or a whole number from 1 to 99",
                },
                "max_k": {"minimum": 2, "maximum": 99},
                "seed": {"minimum": 0, "maximum": 4294967295},
                "sample_size": {"minimum": 2, "maximum": 10000000},
                "serve": {
                    "pattern": "(?!.*--)[\\w./ -]{1,500}",
                    "allowed": "the path of a folder: letters, digits and the signs _ . / -",
                },
                "keep_releases": {"minimum": 2, "maximum": 1000},
                "max_drop": {"share": true},
                "history": {
                    "pattern": "keep|anew",
                    "allowed": "keep or anew",
                },
                "refit": {
                    "pattern": "[Tt]rue|[Ff]alse",
                    "allowed": "true or false",
                },
                "accept_model": {
                    "pattern": "none|candidate|[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{8}",
                    "allowed": "none, candidate, or a model version as 2018-01-31-0123abcd",
                },
                "max_model_age_days": {"minimum": 1, "maximum": 36500},
                "refit_wait_days": {"minimum": 1, "maximum": 36500},
                "drift_warn": {"number": true},
                "drift_refit": {"number": true},
                "drift_stop": {"number": true},
                "share_shift_warn": {"share": true},
                "share_shift_stop": {"share": true},
                "max_moved_share": {"share": true},
                "min_stability": {"share": true},
                "min_segment_share": {"share": true},
                "max_centroid_jump": {"number": true},
                "migration_days": {"minimum": 1, "maximum": 36500},
                "min_customers_a_feature": {"minimum": 1, "maximum": 1000000},
                "report": {
                    "pattern": "(?!.*--)[\\w./ -]{1,500}[.]html",
                    "allowed": "the path of an .html file: letters, digits and the signs _ . / -",
                },
            }
        )
    -}}
{%- endmacro -%}

{#-
  The value of a var, after its check. Vars are pasted into SQL as text: this is the one door that
  they pass, and a value that fits no pattern ends the build before any of its text is run.
-#}
{%- macro setting(name) -%}
    {%- set kind = setting_kinds()[name] -%}
    {%- set value = var(name, kind.get("default")) -%}
    {%- set allowed = kind.get("allowed") -%}
    {%- if "minimum" in kind -%}
        {%- set allowed = "a whole number from " ~ kind.minimum ~ " to " ~ kind.maximum -%}
        {%- set fits = (
            modules.re.fullmatch("[0-9]{1,12}", value | string)
            and kind.minimum <= value | int <= kind.maximum
        ) -%}
        {%- elif "share" in kind -%}
        {%- set allowed = "a number from 0 to 1" -%}
        {%- set fits = (
            modules.re.fullmatch("0|1|[01][.][0-9]{1,9}", value | string)
            and value | float <= 1
        ) -%}
        {%- elif "number" in kind -%}
        {%- set allowed = "a number above 0, up to 999" -%}
        {%- set fits = (
            modules.re.fullmatch("[0-9]{1,3}([.][0-9]{1,9})?", value | string)
            and value | float > 0
        ) -%}
        {%- elif "items" in kind -%}
        {%- set fits = value is sequence and value is not string and value is not mapping -%}
        {%- if fits and value | reject("string") | list -%} {%- set fits = false -%} {%- endif -%}
        {%- if fits -%}
            {%- set fitting = [] -%}
            {%- for item in value if modules.re.fullmatch(kind["items"], item) -%}
                {%- do fitting.append(item) -%}
            {%- endfor -%}
            {%- set fits = fitting | length == value | length -%}
        {%- endif -%}
        {%- elif "is_mapping" in kind -%}
        {%- set allowed = "a mapping by input and contract column, as {order_lines: {customer_id: CustNo}}" -%}
        {%- set fits = value is mapping and not value.values() | reject("mapping") | list -%}
    {%- else -%} {%- set fits = modules.re.fullmatch(kind.pattern, value | string) -%}
    {%- endif -%}
    {%- if not fits -%}
        {{-
            exceptions.raise_compiler_error(
                "var " ~ name ~ " is " ~ (value | tojson) ~ ": allowed is " ~ allowed
            )
        -}}
    {%- endif -%}
    {{- return(value) -}}
{%- endmacro -%}

{#- Whether this build has to do with segmart: in another project it may be of models of that alone. -#}
{%- macro builds_segmart() -%}
    {%- set of_segmart = [] -%}
    {%- for id in selected_resources if id.split(".")[1] == "segmart" -%}
        {%- do of_segmart.append(id) -%}
    {%- endfor -%}
    {{- return(project_name == "segmart" or of_segmart | length > 0) -}}
{%- endmacro -%}

{#-
  Run before any model: every var is checked, also those that no SQL uses. Installed in another project,
  segmart cannot tell a slip of the pen from a var of that project.
-#}
{%- macro check_settings() -%}
    {%- if not builds_segmart() -%} {{- return("") -}} {%- endif -%}
    {#- dbt renders a var when it is asked for, and a template could run SQL: it is refused unread. -#}
    {%- for name, value in invocation_args_dict.get("vars", {}).items()
        if name in setting_kinds() and modules.re.search("[{][{%]", value | string) -%}
        {{-
            exceptions.raise_compiler_error(
                "var " ~ name ~ " is " ~ (value | string) ~ ": a var is a value, not a template"
            )
        -}}
    {%- endfor -%}
    {%- for name in invocation_args_dict.get("vars", {})
        if name not in setting_kinds() and project_name == "segmart" -%}
        {{-
            exceptions.raise_compiler_error(
                "var " ~ name ~ " is not known: allowed are " ~ setting_kinds() | join(", ")
            )
        -}}
    {%- endfor -%}
    {%- for name in setting_kinds() -%} {%- do setting(name) -%} {%- endfor -%}
    {%- if (
        project_name != "segmart"
        and setting("input") == "complete_journey"
        and not var("complete_journey", none)
    ) -%}
        {{-
            exceptions.raise_compiler_error(
                "segmart has no input: in dbt_project.yml, under vars: segmart:, set input to files and"
                ~ " order_lines to ref: and the name of a model, or to the path of files"
            )
        -}}
    {%- endif -%}
    {%- do check_engine() -%}
    {%- if setting("thousands_sign") == setting("decimal_sign") -%}
        {{-
            exceptions.raise_compiler_error(
                "vars thousands_sign and decimal_sign are both "
                ~ (setting("decimal_sign") | tojson)
                ~ ": they must differ"
            )
        -}}
    {%- endif -%}
    {%- for lower, upper in [
        ("drift_warn", "drift_refit"),
        ("drift_refit", "drift_stop"),
        ("share_shift_warn", "share_shift_stop"),
    ] if setting(lower) | float > setting(upper) | float -%}
        {{-
            exceptions.raise_compiler_error(
                "var "
                ~ lower
                ~ " is "
                ~ setting(lower)
                ~ ", above "
                ~ upper
                ~ ", which is "
                ~ setting(upper)
                ~ ": lower the one or raise the other"
            )
        -}}
    {%- endfor -%}
    {%- for name in ["order_lines", "customers", "customer_metrics"]
        if setting(name) != "none" and setting("input") != "files" -%}
        {{-
            exceptions.raise_compiler_error(
                "var "
                ~ name
                ~ " is "
                ~ (setting(name) | tojson)
                ~ ", and input is "
                ~ (setting("input") | tojson)
                ~ ": set input to files"
            )
        -}}
    {%- endfor -%}
{%- endmacro -%}

{#- Whether the input is one row of metrics a customer, without order lines. -#}
{%- macro uses_metrics() -%} {{- return(setting("customer_metrics") != "none") -}} {%- endmacro -%}
