"""Reads user-data as cloud-init does, with its own modules: {"instance": ..., "userData": [text, ...]} on standard input.

For each text: what stands there after Jinja, parsed; what the schema has against it; the script that runcmd becomes.
Each use of the command line would take seconds for what this does in milliseconds.
"""

import json
import sys

import yaml
from cloudinit import util
from cloudinit.config.schema import (
    SchemaValidationError,
    get_schema,
    validate_cloudconfig_schema,
)
from cloudinit.handlers.jinja_template import render_jinja_payload


def keys(schema):
    """What stands at the top of some module's part."""
    parts = schema["$defs"].values()
    return {key for part in parts for key in part.get("properties", {})}


def read(text, instance, schema, known):
    if text.startswith("## template: jinja\n"):
        text = render_jinja_payload(text, "user-data", instance)
    if text is None or not text.startswith("#cloud-config\n"):
        return {"errors": ["no cloud-config"], "parsed": None, "script": None}
    parsed = yaml.safe_load(text)
    errors = []
    try:
        validate_cloudconfig_schema(parsed, schema, strict=True)
    except SchemaValidationError as error:
        errors = [str(error)]
    # The schema lets keys of other programs stand.
    errors += ["unknown key: %s" % key for key in parsed if key not in known]
    commands = parsed.get("runcmd", [])
    return {"errors": errors, "parsed": parsed, "script": util.shellify(commands)}


given = json.load(sys.stdin)
schema = get_schema()
known = keys(schema)
results = [read(text, given["instance"], schema, known) for text in given["userData"]]
json.dump(results, sys.stdout)
