package op

import (
	"io"

	"loggia/configtree/format"
)

// ConfigurationResult is an answer that is configuration: programs want it as
// such, and not as text within an element.
type ConfigurationResult interface {
	Result
	// WriteConfiguration writes it in a syntax, in ASCII, without indentation in
	// front. In XML and JSON about are attributes of <configuration>, besides those
	// that tell where the configuration is from.
	WriteConfiguration(w io.Writer, s format.Syntax, about ...format.Attribute) error
	// Plain reports whether nothing was said about its form: neither `display set`
	// nor its like.
	Plain() bool
}
