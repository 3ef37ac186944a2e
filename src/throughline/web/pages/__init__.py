"""What each page says, built from the world before any HTML is written."""
