#include "words.h"

#include <ctype.h>

struct word {
    char bytes[WORD_MAX];
    size_t length;
};

static int is_letter(int byte)
{
    return byte >= 0x80 || isalnum(byte);
}

static int finish(struct table *table, struct word *word)
{
    size_t length = word->length;
    while (length > 0 && word->bytes[length - 1] == '\'')
        length--;
    word->length = 0;
    return length == 0 ? 0 : table_count(table, word->bytes, length);
}

static void append(struct word *word, int byte)
{
    if (word->length < WORD_MAX)
        word->bytes[word->length++] = (char)(byte < 0x80 ? tolower(byte) : byte);
}

int words_count(struct table *table, FILE *stream)
{
    static unsigned char buffer[1 << 16];
    struct word word = {.length = 0};
    size_t got;
    while ((got = fread(buffer, 1, sizeof buffer, stream)) > 0) {
        for (size_t i = 0; i < got; i++) {
            if (is_letter(buffer[i]) || (buffer[i] == '\'' && word.length > 0))
                append(&word, buffer[i]);
            else if (finish(table, &word) != 0)
                return -1;
        }
    }
    return ferror(stream) ? -1 : finish(table, &word);
}
