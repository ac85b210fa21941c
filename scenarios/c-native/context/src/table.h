#ifndef TALLY_TABLE_H
#define TALLY_TABLE_H

#include <stddef.h>

/* How often each word was seen. Words are kept as copies that end with a zero byte. */
struct table;

struct entry {
    const char *word;
    unsigned long count;
};

/* A new, empty table; NULL when there is no memory. */
struct table *table_new(void);

/* Count one more of the word of `length` bytes. Returns 0, or -1 when there is no memory. */
int table_count(struct table *table, const char *word, size_t length);

/* The number of different words. */
size_t table_size(const struct table *table);

/* All entries, the most frequent first and equal ones by name; the caller frees the array. NULL without memory. */
struct entry *table_sorted(const struct table *table);

void table_free(struct table *table);

#endif
