"""The paper's tasks learned again, and a page of what came of it."""
