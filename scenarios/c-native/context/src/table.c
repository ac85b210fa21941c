/* A hash table with open addressing: linear probing, a power of two slots, at most three quarters of them taken. */
#include "table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256 };

struct slot {
    char *word;
    uint64_t hash;
    unsigned long count;
};

struct table {
    struct slot *slots;
    size_t capacity;
    size_t used;
};

/* FNV-1a, 64 bits. */
static uint64_t hash_of(const char *word, size_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++) {
        hash ^= (unsigned char)word[i];
        hash *= UINT64_C(1099511628211);
    }
    return hash;
}

static struct slot *find(struct slot *slots, size_t capacity, uint64_t hash, const char *word, size_t length)
{
    for (size_t at = hash & (capacity - 1);; at = (at + 1) & (capacity - 1)) {
        struct slot *slot = &slots[at];
        if (slot->word == NULL)
            return slot;
        if (slot->hash == hash && strlen(slot->word) == length && memcmp(slot->word, word, length) == 0)
            return slot;
    }
}

static int grow(struct table *table)
{
    size_t capacity = table->capacity * 2;
    struct slot *slots = calloc(capacity, sizeof *slots);
    if (slots == NULL)
        return -1;
    for (size_t i = 0; i < table->capacity; i++) {
        struct slot *old = &table->slots[i];
        if (old->word != NULL)
            *find(slots, capacity, old->hash, old->word, strlen(old->word)) = *old;
    }
    free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
    return 0;
}

struct table *table_new(void)
{
    struct table *table = malloc(sizeof *table);
    if (table == NULL)
        return NULL;
    *table = (struct table){calloc(FIRST_SLOTS, sizeof(struct slot)), FIRST_SLOTS, 0};
    if (table->slots == NULL) {
        free(table);
        return NULL;
    }
    return table;
}

int table_count(struct table *table, const char *word, size_t length)
{
    if ((table->used + 1) * 4 > table->capacity * 3 && grow(table) != 0)
        return -1;
    uint64_t hash = hash_of(word, length);
    struct slot *slot = find(table->slots, table->capacity, hash, word, length);
    if (slot->word == NULL) {
        slot->word = malloc(length + 1);
        if (slot->word == NULL)
            return -1;
        memcpy(slot->word, word, length);
        slot->word[length] = '\0';
        slot->hash = hash;
        table->used++;
    }
    slot->count++;
    return 0;
}

size_t table_size(const struct table *table)
{
    return table->used;
}

static int by_count(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->word, b->word);
}

struct entry *table_sorted(const struct table *table)
{
    struct entry *entries = malloc((table->used + 1) * sizeof *entries);
    size_t filled = 0;
    if (entries == NULL)
        return NULL;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].word != NULL)
            entries[filled++] = (struct entry){table->slots[i].word, table->slots[i].count};
    qsort(entries, filled, sizeof *entries, by_count);
    return entries;
}

void table_free(struct table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->capacity; i++)
        free(table->slots[i].word);
    free(table->slots);
    free(table);
}
