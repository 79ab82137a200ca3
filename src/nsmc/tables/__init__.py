"""Tables of any known format, read and written as they stream past."""
