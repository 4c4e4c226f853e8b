/* The rows of the table. */

#ifndef GREETINGS_H
#define GREETINGS_H

#include <stddef.h>

#define GREETINGS 3

typedef struct {
    const char *language;
    char text[128];
} greeting;

/* Writes the rows for somebody of this name. */
void greet(greeting rows[GREETINGS], const char *name);

#endif
