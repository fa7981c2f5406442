"""How a voice is measured, without torch: `panel` scores texts against an author's essays; docs/voice.md defines it."""
