"""Makespan of job shops and flexible job shops: a rule at once, then compiled tabu search."""
