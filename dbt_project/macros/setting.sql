{#-
  What each var may be: one of a few words, a share, a number, a whole number in a range, a list, a
  mapping, or a text that matches a pattern in full.
-#}
{%- macro setting_kinds() -%}
    {#- Letters of any language; no quote, no semicolon, no backslash. -#}
    {%- set path = {
        "pattern": "(?!.*--)[\\w./*?=,@ +()&#-]{1,500}",
        "allowed": "a path or glob: letters, digits, spaces and the signs _ . / * ? = , @ + ( ) & # -",
    } -%}
    {#- dbt-duckdb pastes the path of a source unquoted where it has a bracket: none is allowed. -#}
    {%- set unquoted_path = {
        "pattern": "(?!.*--)[\\w./*?=,@ +-]{1,500}",
        "allowed": "a path or glob: letters, digits, spaces and the signs _ . / * ? = , @ + -",
    } -%}
    {%- set file = {
        "pattern": "(?!.*--)[\\w./=,@ +-]{1,500}",
        "allowed": "the path of a file: letters, digits, spaces and the signs _ . / = , @ + -",
    } -%}
    {%- set input = {
        "pattern": "none|table:[A-Za-z_]\\w*([.][A-Za-z_]\\w*){2}|ref:[A-Za-z_]\\w*([.][A-Za-z_]\\w*)?|"
        ~ path.pattern,
        "allowed": path.allowed
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
                "metrics": {"list_of": "columns of customer_metrics; empty for all that are numbers"},
                "customer_ids": {"words": ["as_given", "pseudonyms"]},
                "forgotten_customers": file,
                "checksums": path,
                "delimiter": {"pattern": "[,;|]|tab", "allowed": "one of , ; | and tab"},
                "encoding": {
                    "pattern": "(?!.*--)[A-Za-z0-9][A-Za-z0-9 _-]{1,29}",
                    "allowed": "utf-8, utf-16, or an encoding of one byte a character such as cp1252",
                },
                "title_lines": {"from": 0, "to": 100},
                "missing_customer_ids": {
                    "list_of": "words that stand for no customer",
                    "item": "[^\\x00-\\x1f]{1,100}",
                },
                "fold_customer_ids": {"words": ["none", "case", "zeros", "case_and_zeros"]},
                "amount_is": {"words": ["line", "order"]},
                "order_header": {"words": ["every_line", "first_line"]},
                "return_amounts": {"words": ["negative", "as_given"]},
                "statuses": {"meanings": "sale|return|left_out", "example": "{paid: sale, void: left_out}"},
                "exchange_rates": {
                    "meanings": "(?=.*[1-9])[0-9]{1,9}([.][0-9]{1,17})?([eE]-?[0-9]{1,2})?",
                    "example": "{EUR: 1, USD: 0.92}",
                    "described": "numbers above 0",
                },
                "identical_lines": {"words": ["count_once", "keep"]},
                "max_input_age_days": {"from": 0, "to": 36500},
                "warn_input_age_days": {"from": 0, "to": 36500},
                "date_format": {
                    "pattern": "iso|(%[aA][.,]? )?(?=.*%-?d)(?=.*%[yY])(%-?[YymdHMSfzbBIp]|[/.:, _TZ-]){2,40}",
                    "allowed": "iso, or a format with codes such as %d/%m/%Y %H:%M",
                },
                "time_zone": {
                    "is_time_zone": true,
                    "pattern": "[A-Za-z].*",
                    "allowed": "UTC or a place of the IANA time zones, such as Europe/Berlin",
                },
                "times_without_zone": {"words": ["shop", "utc"]},
                "order_versions": {"words": ["all", "latest_file", "latest_update"]},
                "negative_amounts": {"words": ["return", "discount"]},
                "dash_is": {"words": ["malformed", "zero"]},
                "decimal_sign": {"words": ["point", "comma"]},
                "thousands_sign": {"words": ["none", "comma", "point", "space", "apostrophe"]},
                "currency_sign": {
                    "pattern": "(?!(?i:[cd]r|e)/?[.]?$)(none|[^\\W\\d_]{0,3}[$¢-¥֏؋৳฿៛﷼\u20a0-\u20cf]|[^\\W\\d_]{1,5}/?[.]?)",
                    "allowed": "none, a sign such as $, A$ or €, or letters such as EUR, kr or Rs.; CR and DR of ledgers are none",
                },
                "cancelled_order_pattern": {
                    "pattern": "none|(([A-Za-z0-9._-]|\\[[A-Za-z0-9]-[A-Za-z0-9]\\])[*+]?){1,40}",
                    "allowed": "none, or a regular expression of letters, digits, . _ - and ranges such as [0-9], each with * or + or nothing",
                },
                "max_rejected_share": "share",
                "accepted_findings": {"list_of": "kinds of findings, as in input_check"},
                "complete_journey": unquoted_path,
                "as_of": {
                    "pattern": "default|[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
                    ~ "|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
                    ~ "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29",
                    "allowed": "default (the day after the last order) or a date as 2018-01-31",
                },
                "min_orders": {"from": 1, "to": 1000000},
                "max_quantity": {"from": 1, "to": 1000000000},
                "recent_days": {"from": 1, "to": 36500},
                "profile_attributes": {"list_of": "columns of the customers input; empty for all of them"},
                "k": {
                    "pattern": "auto|[1-9][0-9]?",
                    "allowed": "auto or a whole number from 1 to 99",
                },
                "max_k": {"from": 2, "to": 99},
                "seed": {"from": 0, "to": 4294967295},
                "sample_size": {"from": 2, "to": 10000000},
                "serve": {
                    "pattern": "(?!.*--)[\\w./ -]{1,500}",
                    "allowed": "the path of a folder: letters, digits and the signs _ . / -",
                },
                "keep_releases": {"from": 2, "to": 1000},
                "max_drop": "share",
                "history": {"words": ["keep", "anew"]},
                "refit": {"pattern": "[Tt]rue|[Ff]alse", "allowed": "true or false"},
                "accept_model": {
                    "pattern": "none|candidate|[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{8}",
                    "allowed": "none, candidate, or a model version as 2018-01-31-0123abcd",
                },
                "max_model_age_days": {"from": 1, "to": 36500},
                "refit_wait_days": {"from": 1, "to": 36500},
                "drift_warn": "number",
                "drift_refit": "number",
                "drift_stop": "number",
                "share_shift_warn": "share",
                "share_shift_stop": "share",
                "max_moved_share": "share",
                "min_stability": "share",
                "min_segment_share": "share",
                "max_centroid_jump": "number",
                "migration_days": {"from": 1, "to": 36500},
                "settle_days": {"from": 1, "to": 36500},
                "outcome_days": {"from": 1, "to": 36500},
                "audiences": file,
                "max_contacts": {"from": 1, "to": 1000},
                "contact_days": {"from": 1, "to": 36500},
                "worthwhile_difference": "share",
                "min_customers_a_feature": {"from": 1, "to": 1000000},
                "min_buyers": {"from": 1, "to": 1000000},
                "report": {
                    "pattern": "(?!.*--)[\\w./ -]{1,500}[.]html",
                    "allowed": "the path of an .html file: letters, digits and the signs _ . / -",
                },
                "report_title": {
                    "pattern": "(?!.*--)[^\\x00-\\x1f;\\\\'\"{}]{1,100}",
                    "allowed": "default, or up to 100 characters without quotes, semicolons, backslashes and braces",
                },
                "report_language": {"words": ["en", "de"]},
                "currency": {
                    "pattern": "(none|[^\\W\\d_]{0,3}[$¢-¥֏؋৳฿៛﷼\u20a0-\u20cf]|[^\\W\\d_]{1,5}[.]?)( [0-4])?",
                    "allowed": "none, a sign such as $ or €, or a code such as EUR, then perhaps a space and the decimals, as in EUR 2",
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
    {%- set kind, value = setting_kinds()[name], var(name, "beside the installed package") -%}
    {%- set allowed, pattern = kind.allowed, kind.pattern -%}
    {%- if kind == "share" -%}
        {%- set allowed, pattern = "a number from 0 to 1", "0([.][0-9]{1,9})?|1([.]0{1,9})?" -%}
    {%- elif kind == "number" -%}
        {%- set allowed = "a number above 0, up to 999" -%}
        {%- set pattern = "(?=.*[1-9])[0-9]{1,3}([.][0-9]{1,9})?" -%}
    {%- elif kind.words -%}
        {%- if value == "default" -%} {%- set value = kind.words[0] -%}
        {%- endif -%}
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
    {%- elif not pattern -%}
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
    {%- set kinds = {
        "identical_lines": ["identical_lines", "few_identical_lines"],
        "amount_is": ["repeated_totals"],
        "order_versions": ["order_versions"],
        "negative_amounts": ["vouchers"],
        "order_header": ["headless_lines"],
        "thousands_sign": ["thousands", "mixed_thousands", "thousands_elsewhere"],
        "fold_customer_ids": ["two_forms"],
        "time_zone": ["one_time_of_day", "offsets"],
    } -%}
    {%- set answered = [] -%}
    {%- for name in kinds if setting(name) == setting_kinds()[name].get("words", ["UTC"])[0] -%}
        {%- if var(name) != "default" -%} {%- do answered.extend(kinds[name]) -%} {%- endif -%}
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
    {%- for name, value in invocation_args_dict.get("vars", {}).items() -%}
        {%- if name not in setting_kinds() and project_name == "segmart" -%}
            {%- do refuse(
                "var %s is not known: allowed are %s",
                name,
                setting_kinds() | join(", "),
            ) -%}
        {#- dbt renders a var when it is asked for, and a template could run SQL: it is refused unread. -#}
        {%- elif name in setting_kinds() and modules.re.search("[{][{%]", value | string) -%}
            {%- do refuse(
                "var %s is %s: a var is a value, not a template",
                name,
                shown_text(value | string),
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in setting_kinds() -%} {%- do setting(name) -%} {%- endfor -%}
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
