"""Measures a voice without torch: `panel` scores texts against an author's essays; docs/voice.md defines it."""
