// An assembly file, so that the compiler accepts the declaration of mainMain without a body.
