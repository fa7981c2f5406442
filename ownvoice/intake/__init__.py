"""From a folder that a writer has to pair files: her texts read in any format, cleaned, and proposed as pairs."""
