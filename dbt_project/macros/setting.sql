{#- What each var may be, as dbt_project.yml has it. -#}
{%- macro setting_kinds() -%}
    {%- if "setting_kinds" in invocation_args_dict.get("vars", {}) -%}
        {%- do refuse("var setting_kinds says what the others may be: leave it as it is") -%}
    {%- endif -%}
    {{- return(var("setting_kinds")) -}}
{%- endmacro -%}

{#-
  The value of a var, after its check. Vars are pasted into SQL as text: this is the one door that
  they pass, and a value that fits no pattern ends the build before any of its text is run.
-#}
{%- macro setting(name) -%}
    {%- set kind, value = setting_kinds().get(name), var(name, "beside the installed package") -%}
    {%- if not kind -%}
        {%- do refuse(
            "var %s has no kind: take setting_kinds out of your dbt_project.yml", name
        ) -%}
    {%- endif -%}
    {%- set allowed, pattern = kind.allowed, kind.pattern -%}
    {%- if kind.words -%}
        {%- if value == "default" -%} {%- set value = kind.words[0] -%} {%- endif -%}
        {%- set allowed = kind.words[:-1] | join(", ") ~ " or " ~ kind.words[-1] -%}
        {%- set pattern = kind.words | join("|") -%}
    {%- elif kind.list_of -%} {%- set allowed = "a list of " ~ kind.list_of -%}
    {%- elif kind.meanings -%}
        {%- set allowed = (
            "a mapping such as %s; values are %s; yes and no stand in quotes"
            | format(kind.example, kind.described or kind.meanings)
        ) -%}
    {%- elif kind.is_mapping -%}
        {%- set allowed = "a mapping by input and contract column, as {order_lines: {customer_id: CustNo}}" -%}
    {%- elif kind.to -%}
        {%- set allowed = "a whole number from %s to %s" | format(kind["from"], kind.to) -%}
        {%- set pattern = "[0-9]{1,12}" -%}
    {%- endif -%}
    {%- if kind.list_of -%}
        {%- set fitting = [] -%}
        {%- if value is sequence and value is not string and value is not mapping -%}
            {%- for item in value
                if (item is string or (kind.item and item is integer))
                and modules.re.fullmatch(kind.item or "[\\w .%/()-]{1,100}", item | string) -%}
                {%- do fitting.append(item) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- set fits = fitting == value -%}
    {%- elif kind.meanings -%}
        {%- set fitting = [] -%}
        {%- if value is mapping -%}
            {%- for word, meaning in value.items()
                if word is not boolean
                and modules.re.fullmatch("[^\\x00-\\x1f]{1,100}", word | string)
                and modules.re.fullmatch(kind.meanings, meaning | string) -%}
                {%- do fitting.append(word) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- set fits = value is mapping and fitting | length == value | length -%}
    {%- elif kind.is_mapping -%}
        {%- set fits = value is mapping and not value.values() | reject("mapping") | list -%}
    {%- elif kind.is_time_zone -%}
        {%- if value == "default" -%} {%- set value = "UTC" -%}
        {%- endif -%}
        {%- set fits = value in modules.pytz.all_timezones -%}
    {%- else -%} {%- set fits = modules.re.fullmatch(pattern, value | string) -%}
    {%- endif -%}
    {%- if not fits or (kind.to and not kind["from"] <= value | int <= kind.to) -%}
        {%- do refuse("var %s is %s: allowed is %s", name, shown_text(value | tojson), allowed) -%}
    {%- endif -%}
    {{- return(value) -}}
{%- endmacro -%}

{#-
  The suspicions of which a var tells what is meant that somebody has written out: until then its value is
  the word default, which stands for the first one that it may have.
-#}
{%- macro answered_suspicions() -%}
    {%- set answered = [] -%}
    {%- for name, kind in setting_kinds().items()
        if kind.answers and var(name) != "default" and setting(name) == (kind.words or ["UTC"])[0] -%}
        {%- do answered.extend(kind.answers) -%}
    {%- endfor -%}
    {{- return(answered) -}}
{%- endmacro -%}

{#- Whether this build has to do with segmart: in another project it may be of models of that alone. -#}
{%- macro builds_segmart() -%}
    {%- set of_segmart = modules.re.search("\\b[.]segmart[.]", selected_resources | join(" ")) -%}
    {{- return(project_name == "segmart" or of_segmart is not none) -}}
{%- endmacro -%}

{#-
  Run before any model: every var is checked, also those that no SQL uses. Installed in another project,
  segmart cannot tell a slip of the pen from a var of that project.
-#}
{%- macro check_settings() -%}
    {%- if not builds_segmart() -%} {{- return("") -}} {%- endif -%}
    {%- set kinds = setting_kinds() -%}
    {%- for name, value in invocation_args_dict.get("vars", {}).items() -%}
        {%- if name not in kinds and project_name == "segmart" -%}
            {%- do refuse("var %s is not known: allowed are %s", name, kinds | join(", ")) -%}
        {#- dbt renders a var when it is asked for, and a template could run SQL: it is refused unread. -#}
        {%- elif name in kinds and modules.re.search("[{][{%]", value | string) -%}
            {%- do refuse(
                "var %s is %s: a var is a value, not a template",
                name,
                shown_text(value | string),
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in kinds -%} {%- do setting(name) -%} {%- endfor -%}
    {%- if (
        project_name != "segmart"
        and setting("input") == "complete_journey"
        and not var("complete_journey", none)
    ) -%}
        {%- do refuse(
            "segmart has no input: in dbt_project.yml, under vars: segmart:, set input to files and"
            ~ " order_lines to ref: and the name of a model, or to the path of files"
        ) -%}
    {%- endif -%}
    {%- do check_engine() -%}
    {%- set statuses = setting("statuses") | map("lower") | list -%}
    {%- if statuses | unique | list | length < statuses | length -%}
        {%- do refuse(
            "var statuses is %s: a status stands there twice, in other letters",
            shown_text(setting("statuses") | tojson),
        ) -%}
    {%- endif -%}
    {%- if uses_metrics() and setting("max_input_age_days") | int > 0 -%}
        {%- do refuse("var max_input_age_days is for order lines: metrics have no dates") -%}
    {%- endif -%}
    {%- if setting("thousands_sign") == setting("decimal_sign") -%}
        {%- set sign = setting("decimal_sign") | tojson -%}
        {%- do refuse(
            "vars thousands_sign and decimal_sign are both %s: they must differ", sign
        ) -%}
    {%- endif -%}
    {%- for lower, upper in [
        ("drift_warn", "drift_refit"),
        ("drift_refit", "drift_stop"),
        ("share_shift_warn", "share_shift_stop"),
    ] if setting(lower) | float > setting(upper) | float -%}
        {%- do refuse(
            "var %s is %s, above %s, which is %s: lower the one or raise the other",
            lower,
            setting(lower),
            upper,
            setting(upper),
        ) -%}
    {%- endfor -%}
    {%- for name in ["order_lines", "customers", "customer_metrics"]
        if setting(name) != "none" and setting("input") != "files" -%}
        {%- do refuse(
            "var %s is %s, and input is %s: set input to files",
            name,
            setting(name) | tojson,
            setting("input") | tojson,
        ) -%}
    {%- endfor -%}
{%- endmacro -%}

{#- Whether the input is one row of metrics a customer, without order lines. -#}
{%- macro uses_metrics() -%} {{- return(setting("customer_metrics") != "none") -}} {%- endmacro -%}
