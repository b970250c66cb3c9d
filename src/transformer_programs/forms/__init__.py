"""Closed forms: predicates and tables that are a comparison or arithmetic."""
