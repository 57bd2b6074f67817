"""Tests of the rule files' own tests."""
