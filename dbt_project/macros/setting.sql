{#-
  The value of a var, after its check. Vars are pasted into SQL as text: this is the one door that
  they pass, and a value that fits no pattern ends the build before any of its text is run.
-#}
{%- macro setting(name) -%}
    {%- set kinds = {
        "input": {"pattern": "[a-z][a-z0-9_]*", "allowed": "the name of a folder in staging/"},
        "complete_journey": {
            "pattern": "[A-Za-z0-9_./*~ -]+",
            "allowed": "a folder: letters, digits and the signs _ . / * ~ -",
            "default": "beside the installed package",
        },
        "as_of": {
            "pattern": "default|[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
            "allowed": "default (the day after the last order) or a date as 2018-01-31",
        },
        "min_orders": {"minimum": 1, "maximum": 1000000},
        "max_quantity": {"minimum": 1, "maximum": 1000000000},
        "recent_days": {"minimum": 1, "maximum": 36500},
        "profile_attributes": {
            "items": "[a-z][a-z0-9_]*",
            "allowed": "a list of columns of the customers input",
        },
        "k": {
            "pattern": "auto|[1-9][0-9]?",
            "allowed": "auto or a whole number from 1 to 99",
        },
        "max_k": {"minimum": 2, "maximum": 99},
        "seed": {"minimum": 0, "maximum": 4294967295},
        "sample_size": {"minimum": 2, "maximum": 10000000},
        "report": {
            "pattern": "[A-Za-z0-9_./~ -]+[.]html",
            "allowed": "the path of an .html file: letters, digits and the signs _ . / ~ -",
        },
    } -%}
    {%- set kind = kinds[name] -%}
    {%- set value = var(name, kind.get("default")) -%}
    {%- if "minimum" in kind -%}
        {%- set allowed = "a whole number from " ~ kind.minimum ~ " to " ~ kind.maximum -%}
        {%- set fits = (
            modules.re.fullmatch("[0-9]{1,12}", value | string)
            and kind.minimum <= value | int <= kind.maximum
        ) -%}
    {%- elif "items" in kind -%}
        {%- set allowed = kind.allowed -%}
        {%- set fits = value is sequence and value is not string and value is not mapping -%}
        {%- if fits and value | reject("string") | list -%}{%- set fits = false -%}{%- endif -%}
        {%- if fits -%}
            {%- set fitting = [] -%}
            {%- for item in value if modules.re.fullmatch(kind["items"], item) -%}
                {%- do fitting.append(item) -%}
            {%- endfor -%}
            {%- set fits = fitting | length == value | length -%}
        {%- endif -%}
    {%- else -%}
        {%- set allowed = kind.allowed -%}
        {%- set fits = modules.re.fullmatch(kind.pattern, value | string) -%}
    {%- endif -%}
    {%- if not fits -%}
        {{- exceptions.raise_compiler_error(
            "var " ~ name ~ " is " ~ (value | tojson) ~ ": allowed is " ~ allowed
        ) -}}
    {%- endif -%}
    {{- return(value) -}}
{%- endmacro -%}

{#- Run before any model: every var is checked, also those that no SQL uses. -#}
{%- macro check_settings() -%}
    {%- for name in [
        "input", "complete_journey", "as_of", "min_orders", "max_quantity", "recent_days",
        "profile_attributes", "k", "max_k", "seed", "sample_size", "report",
    ] -%}
        {%- do setting(name) -%}
    {%- endfor -%}
{%- endmacro -%}
