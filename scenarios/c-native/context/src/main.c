/* tally: counts the words of files or of standard input, and prints the most frequent. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "table.h"
#include "words.h"

static const char usage[] =
    "usage: tally [-n COUNT] [FILE...]\n"
    "Counts words; a FILE called - is standard input. $TALLY_WORDS is the default COUNT (10).\n";

static int count_file(struct table *table, const char *name)
{
    FILE *stream = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
    if (stream == NULL || words_count(table, stream) != 0) {
        fprintf(stderr, "tally: %s: %s\n", name, strerror(errno));
        return -1;
    }
    if (stream != stdin)
        fclose(stream);
    return 0;
}

static int print_most_frequent(const struct table *table, size_t wanted)
{
    struct entry *entries = table_sorted(table);
    if (entries == NULL)
        return -1;
    for (size_t i = 0; i < wanted && i < table_size(table); i++)
        printf("%7lu %s\n", entries[i].count, entries[i].word);
    free(entries);
    return fflush(stdout);
}

static size_t number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0') {
        fprintf(stderr, "tally: not a number: %s\n%s", text, usage);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    const char *preset = getenv("TALLY_WORDS");
    size_t wanted = preset != NULL ? number(preset) : 10;
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("tally " TALLY_VERSION) == EOF;
    for (int option; (option = getopt(argc, argv, "n:")) != -1;) {
        if (option != 'n') {
            fputs(usage, stderr);
            return 2;
        }
        wanted = number(optarg);
    }
    struct table *table = table_new();
    int failed = table == NULL;
    if (!failed && optind == argc)
        failed |= count_file(table, "-") != 0;
    for (int i = optind; !failed && i < argc; i++)
        failed |= count_file(table, argv[i]) != 0;
    failed = failed || print_most_frequent(table, wanted) != 0;
    table_free(table);
    return failed;
}
