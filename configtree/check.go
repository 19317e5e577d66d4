package configtree

import "loggia/configtree/schema"

type rules struct{}

func newRules(*schema.Node) *rules { return &rules{} }
