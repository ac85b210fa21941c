"""The words of Buildmark as frozen values: what a scenario means, what a plan holds, what a trial yields.

Nothing here computes, reads or writes. Every struct is frozen, keyword-only and holds tuples.
"""
