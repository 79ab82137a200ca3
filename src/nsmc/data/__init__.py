"""From files to reviews, encoded corpora and batches."""
