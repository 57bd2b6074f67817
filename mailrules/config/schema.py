"""The JSON Schema of a rule file, for editors that complete and check while one types."""

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from mailrules.config.model import Config


def json_schema() -> dict[str, object]:
    """Return the schema of a main file, in draft 7 and without ``$defs``: what editors' plug-ins for TOML know."""
    schema = Config.model_json_schema(ref_template="#/definitions/{model}", schema_generator=_TomlSchema)
    definitions = schema.pop("$defs")
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema, "definitions": definitions}


class _TomlSchema(GenerateJsonSchema):
    """Leaves out what TOML does not have, null, and what its reader does not need, a title for each key."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        return {key: value for key, value in described.items() if key != "default" or value is not None}

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002  no field has one
        return False
