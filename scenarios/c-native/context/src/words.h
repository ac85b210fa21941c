#ifndef TALLY_WORDS_H
#define TALLY_WORDS_H

#include <stdio.h>

#include "table.h"

/* Count the words of a stream: letters, digits and bytes above ASCII (so UTF-8 words stay whole), in lower case, with
   apostrophes inside them. Longer words are cut at WORD_MAX bytes. Returns 0, or -1 when reading or memory failed. */
int words_count(struct table *table, FILE *stream);

enum { WORD_MAX = 255 };

#endif
