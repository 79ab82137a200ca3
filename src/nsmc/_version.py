"""The version, alone in a file that the build and ``--version`` read without imports."""

__version__ = "0.1.0"
