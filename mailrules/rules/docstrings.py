"""Reads the docstrings below the attributes of classes: the JSON Schema's descriptions.

They are read when the schema is asked for. Pydantic's own setting, `use_attribute_docstrings`, reads the source of
every model each time that it is imported, which takes longer than a thousand rules do.
"""

from __future__ import annotations

import ast
from inspect import cleandoc, getsource
from itertools import pairwise
from textwrap import dedent
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue


def describe(model: type[BaseModel], schema: JsonSchemaValue) -> None:
    """Add what stands below each field of a model to the schema of the model, where nothing is said there yet."""
    said = {name: text for each in reversed(model.__mro__) for name, text in _docstrings(each).items()}
    properties = schema.get("properties", {})
    for name, field in model.model_fields.items():
        if name in said and (described := properties.get(field.alias or name)) is not None:
            described.setdefault("description", said[name])


def _docstrings(cls: type) -> dict[str, str]:
    """Map the names of a class's own attributes to the docstrings below them."""
    if not issubclass(cls, BaseModel) or not vars(cls).get("__annotations__"):
        return {}
    try:
        tree = ast.parse(dedent(getsource(cls)))
    except OSError:  # it was made by create_model, and its fields are described there
        return {}
    return {
        attribute.target.id: cleandoc(below.value.value)
        for each in tree.body
        if isinstance(each, ast.ClassDef)
        for attribute, below in pairwise(each.body)
        if isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }
