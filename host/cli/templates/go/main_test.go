package main

import (
	"slices"
	"testing"
)

func TestEverybodyIsGreetedByName(t *testing.T) {
	var texts []string
	for _, greeting := range greetings("Ada") {
		texts = append(texts, greeting.Text)
	}
	want := []string{"Hello, Ada!", "Bonjour, Ada!", "Habari, Ada!"}
	if !slices.Equal(texts, want) {
		t.Errorf("greetings are %q, want %q", texts, want)
	}
}
