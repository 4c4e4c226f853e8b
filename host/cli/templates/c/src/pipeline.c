/* A table of greetings. */

#include "greetings.h"
#include "lance_host.h"

static const lh_column columns[] = {
    {.name = "language", .type = "utf8"},
    {.name = "text", .type = "utf8"},
};

/* Declares the rows that should exist; the host makes the table match. */
bool lh_run(const lh_params *params, lh_error *error) {
    const char *name = lh_param(params, "name");
    greeting rows[GREETINGS];
    greet(rows, name ? name : "world");

    lh_table table;
    if (!lh_table_declare(&table, &(lh_table_def){.database = "default", .name = "greetings",
                                                  .columns = columns, .column_count = 2,
                                                  .key = {"language"}}, error))
        return false;
    for (size_t i = 0; i < GREETINGS; i++) {
        lh_string(&table, 0, rows[i].language);
        lh_string(&table, 1, rows[i].text);
        if (!lh_row_end(&table, error)) return false;
    }
    return lh_table_finish(&table, error);
}
