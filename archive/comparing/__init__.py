"""What one state of an article changed of another: word by word, paragraph by paragraph, and of which kinds; pure."""
