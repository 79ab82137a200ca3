"""Files that appear whole, and directories of them with a manifest."""
