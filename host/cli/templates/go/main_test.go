package main

import (
	"slices"
	"testing"

	"lance-host.dev/lancehost"
)

func TestEverybodyIsGreetedByName(t *testing.T) {
	var host lancehost.TestHost
	if err := host.Run(run, lancehost.Setting{Name: "name", Value: "Ada"}); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, row := range host.Table("greetings").Rows {
		texts = append(texts, row["text"].(string))
	}
	want := []string{"Hello, Ada!", "Bonjour, Ada!", "Habari, Ada!"}
	if !slices.Equal(texts, want) {
		t.Errorf("greetings are %q, want %q", texts, want)
	}
}
