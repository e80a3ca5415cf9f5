class ConfigError(Exception):
    """One sentence: what is set wrong, to which value (never a password), and the remedy."""
