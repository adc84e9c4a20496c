"""Does the shop API keep its word, and say no in words?"""
