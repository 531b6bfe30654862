"""Fokusstrøm: facts about meetings go in, focus-target and supervision figures come out."""
