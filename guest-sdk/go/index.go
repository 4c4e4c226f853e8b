package lancehost

import "strconv"

// An Index is a kind of index and what was said about it: a [VectorIndex], a [TextIndex] or a
// [ScalarIndex]. What is not said is for the host to choose, which knows the column and the number
// of rows.
type Index interface {
	declaration() (kind string, settings []Setting)
}

// DeclareIndex declares an index on a column. Indexes are a part of what should exist: one is built
// after the rows have landed, replaced when its declaration changes, and dropped when it is no longer
// declared.
func (d *declared) DeclareIndex(column string, index Index) error {
	kind, settings := index.declaration()
	return d.host.declareIndex(column, kind, settings)
}

// A ScalarIndex is an index for conditions on values. It has no settings.
type ScalarIndex string

// The kinds of scalar index.
const (
	// BTree is for columns of many values, and for ranges.
	BTree ScalarIndex = "btree"
	// Bitmap is for columns of few values.
	Bitmap ScalarIndex = "bitmap"
	// LabelList is for lists of labels.
	LabelList ScalarIndex = "label-list"
)

func (s ScalarIndex) declaration() (string, []Setting) {
	return string(s), nil
}

// VectorKind is how an index for the search of the nearest vectors keeps them.
type VectorKind string

// The kinds of vector index. All of them divide the vectors into partitions, of which a search visits
// a few. They keep vectors in full (flat), in eight bits a number (SQ), as products of parts (PQ) or
// as bits after a rotation (RQ), with or without a graph in each partition (HNSW).
const (
	IVFFlat     VectorKind = "ivf-flat"
	IVFSQ       VectorKind = "ivf-sq"
	IVFPQ       VectorKind = "ivf-pq"
	IVFRQ       VectorKind = "ivf-rq"
	IVFHNSWFlat VectorKind = "ivf-hnsw-flat"
	IVFHNSWSQ   VectorKind = "ivf-hnsw-sq"
	IVFHNSWPQ   VectorKind = "ivf-hnsw-pq"
)

// A Metric is how the distance of vectors is measured.
type Metric string

// The metrics.
const (
	L2      Metric = "l2"
	Cosine  Metric = "cosine"
	Dot     Metric = "dot"
	Hamming Metric = "hamming"
)

// A VectorIndex is an index for the search of the nearest vectors. A field that is zero says nothing.
type VectorIndex struct {
	Kind   VectorKind
	Metric Metric
	// NumPartitions is how many partitions there are; TargetPartitionSize says instead how many
	// rows each has.
	NumPartitions, TargetPartitionSize int
	// SampleRate is how many vectors a partition are used for training, MaxIterations how long.
	SampleRate, MaxIterations int
	// NumSubVectors is into how many parts PQ divides a vector.
	NumSubVectors int
	// NumBits is how many bits PQ has for a part, or RQ for a number.
	NumBits int
	// M is how many edges a node has in HNSW, EFConstruction how many candidates are considered.
	M, EFConstruction int
	// Settings are others, by their names, for a host that is newer than this package.
	Settings []Setting
}

func (v VectorIndex) declaration() (string, []Setting) {
	var s said
	s.text("metric", string(v.Metric))
	s.number("num-partitions", v.NumPartitions)
	s.number("target-partition-size", v.TargetPartitionSize)
	s.number("sample-rate", v.SampleRate)
	s.number("max-iterations", v.MaxIterations)
	s.number("num-sub-vectors", v.NumSubVectors)
	s.number("num-bits", v.NumBits)
	s.number("m", v.M)
	s.number("ef-construction", v.EFConstruction)
	return string(v.Kind), append(s, v.Settings...)
}

// A Switch is on, off, or as the host thinks best.
type Switch string

// The states of a switch; the zero value leaves it to the host.
const (
	On  Switch = "true"
	Off Switch = "false"
)

// A TextIndex is an index for the search of words. A field that is zero says nothing.
type TextIndex struct {
	// Tokenizer is "simple", "whitespace", "raw", "ngram", "icu", "icu/split" or "code".
	Tokenizer string
	// Language is an English name, such as "French".
	Language string
	// MaxTokenLength is in bytes, and -1 for no limit.
	MaxTokenLength int
	// LowerCase, ASCIIFolding, Stem and RemoveStopWords say how words become alike.
	LowerCase, ASCIIFolding, Stem, RemoveStopWords Switch
	// WithPosition is needed for the search of phrases.
	WithPosition Switch
	// NgramMin and NgramMax are in characters.
	NgramMin, NgramMax int
	// Settings are others, by their names, as the contract lists them.
	Settings []Setting
}

func (t TextIndex) declaration() (string, []Setting) {
	var s said
	s.text("tokenizer", t.Tokenizer)
	s.text("language", t.Language)
	if t.MaxTokenLength < 0 {
		s.text("max-token-length", "none")
	} else {
		s.number("max-token-length", t.MaxTokenLength)
	}
	s.text("lower-case", string(t.LowerCase))
	s.text("ascii-folding", string(t.ASCIIFolding))
	s.text("stem", string(t.Stem))
	s.text("remove-stop-words", string(t.RemoveStopWords))
	s.text("with-position", string(t.WithPosition))
	s.number("ngram-min", t.NgramMin)
	s.number("ngram-max", t.NgramMax)
	return "fts", append(s, t.Settings...)
}

// said are the settings about which something was said.
type said []Setting

func (s *said) text(name, value string) {
	if value != "" {
		*s = append(*s, Setting{name, value})
	}
}

func (s *said) number(name string, value int) {
	if value != 0 {
		s.text(name, strconv.Itoa(value))
	}
}
