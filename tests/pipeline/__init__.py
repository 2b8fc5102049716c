"""Tests of the story: stages, commands, faults."""
