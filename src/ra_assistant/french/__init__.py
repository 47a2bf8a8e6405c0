"""The French language, as far as every floor above needs it: words, sentences, numbers, dates.

Pure functions on strings; the standard library and the Snowball stemmer only.
"""
