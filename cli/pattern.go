package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"loggia/configtree"
	"loggia/op"
)

// beforePattern resolves what stands before the last word, which is an expression.
func (w *walk) beforePattern(words []configtree.Word) (configtree.Resolution, *configtree.Problem) {
	n := len(words) - 1
	if n == 0 {
		return configtree.Resolution{Path: w.level, Next: w.level.Cursor(w.s.schema()), Complete: true, Words: []string{words[n].Text}}, nil
	}
	res, p := configtree.Resolve(w.s.schema(), w.verb.edit, w.level, words[:n])
	if p == nil {
		res.Words = append(res.Words, words[n].Text)
	}
	return res, p
}

// resolvePattern resolves the path of a command whose last word is an expression.
func (w *walk) resolvePattern(end int) (configtree.Resolution, *failure) {
	res, p := w.beforePattern(w.path)
	if p != nil {
		return res, w.statementFailure(p, end)
	}
	return res, nil
}

// wildcardDelete deletes, after a question, all statements of a level whose
// names match.
func wildcardDelete(ctx context.Context, s *Session, c *call) error {
	expr, err := configtree.CompileName(c.pattern)
	if err != nil {
		return err
	}
	var edits []configtree.Edit
	var list strings.Builder
	for _, p := range s.class.View(s.tree()).MatchEntries(c.path.Path, expr.MatchString) {
		edits = append(edits, configtree.Edit{Op: configtree.Delete, Path: p})
		name := p.Last().Key
		if name == "" {
			name = p.Last().Node.Name
		}
		list.WriteString("  matched: " + name + "\n")
	}
	if len(edits) == 0 {
		c.say("warning: " + configtree.ErrNotFound.Error() + "\n")
		return nil
	}
	if err := s.o.Screen.Say(list.String()); err != nil {
		return err
	}
	yes, err := s.o.Screen.Ask(ctx, fmt.Sprintf("Delete %d objects?", len(edits)), false)
	if err != nil || !yes {
		return err
	}
	return s.apply(ctx, c, edits)
}

// fitsPattern says what the text of `replace pattern` has against the expression before it.
func fitsPattern(args op.Args, name, value string) error {
	if name != "with" {
		return nil
	}
	expr, err := configtree.CompileName(args["pattern"])
	if err != nil {
		return nil // replacePattern says so
	}
	_, err = template(expr, value)
	return err
}

// replacePattern replaces text in the names and values below the level.
// In the new text & is what matched, and \1 to \9 its groups.
func replacePattern(ctx context.Context, s *Session, c *call) error {
	expr, err := configtree.CompileName(c.args["pattern"])
	if err != nil {
		return err
	}
	if expr.MatchString("") {
		return errors.New("the pattern matches everywhere")
	}
	with, err := template(expr, c.args["with"])
	if err != nil {
		return err
	}
	replace := func(text string) (string, bool) {
		return expr.ReplaceAllString(text, with), expr.MatchString(text)
	}
	edits, problems := s.class.View(s.tree()).ReplacePattern(c.relative, replace, c.args.Int("upto", 0))
	if len(problems) > 0 {
		return joinProblems(problems)
	}
	return s.apply(ctx, c, edits)
}

// template writes the replacement of what an expression matches as package regexp wants it.
func template(expr *regexp.Regexp, text string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '$':
			b.WriteString("$$")
		case c == '&':
			b.WriteString("${0}")
		case c == '\\' && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9':
			i++
			if int(text[i]-'0') > expr.NumSubexp() {
				return "", fmt.Errorf("the pattern has no group %c", text[i])
			}
			b.WriteString("${" + text[i:i+1] + "}")
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] == '$' {
				b.WriteByte('$')
			}
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

func joinProblems(problems []configtree.Problem) error {
	var all []error
	for i := range problems {
		all = append(all, fmt.Errorf("%s: '%s': %w", problems[i].Path.Masked(), problems[i].Token, problems[i].Err))
	}
	return errors.Join(all...)
}
