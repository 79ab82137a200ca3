"""What a network is asked: sentiment, own classes, stars, the next unit. One file for each task."""
