/* Everybody is greeted by name. */

#include "greetings.h"

#include <stdio.h>
#include <string.h>

int main(void) {
    static const char *const texts[GREETINGS] = {"Hello, Ada!", "Bonjour, Ada!", "Habari, Ada!"};
    greeting rows[GREETINGS];
    greet(rows, "Ada");
    for (size_t i = 0; i < GREETINGS; i++) {
        if (strcmp(rows[i].text, texts[i]) != 0) {
            fprintf(stderr, "row %zu is \"%s\", not \"%s\"\n", i, rows[i].text, texts[i]);
            return 1;
        }
    }
    puts("ok");
    return 0;
}
