"""Edits of sentences with a known effect on their truth, and changes of surface without one, in Chinese and English."""
