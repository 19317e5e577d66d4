package format

import (
	"errors"
	"strconv"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// maxUp bounds the number behind `up`, as the shell does.
const maxUp = 100

var errTopmost = errors.New("already at the level where it began; ignored")

// move obeys the words that only say where the lines behind them are: edit, exit, quit, up
// and top. The last two may stand before another command, which they then lead to another
// level, it alone. moved is false for any other line.
//
//	edit system syslog
//	set file audit any info
//	up set host-name r1
//	exit
//
// What stands below a level that is wrong is passed over: at another level it would mean something else.
func (s *setReader) move(n int, words []configtree.Word) (moved, more bool) {
	word := words[0].Text
	if words[0].Quoted {
		word = ""
	}
	if s.lost > 0 {
		return true, s.passOver(n, word, words)
	}
	switch word {
	case "edit":
		return true, s.edit(n, s.at, words)
	case "exit", "quit":
		return true, s.exit(n, words)
	case "up", "top":
		return true, s.upwards(n, words)
	}
	return false, true
}

// passOver is move below a level that is wrong, until exit has left it or top leads elsewhere.
func (s *setReader) passOver(n int, word string, words []configtree.Word) (more bool) {
	switch {
	case word == "edit" || word == "top" && len(words) > 1 && words[1].Text == "edit":
		s.lost++
	case word == "top" && len(words) > 1:
		return s.statement(n, nil, words[1:])
	case word == "top":
		s.lost, s.at, s.levels = 0, nil, nil
		return s.problem(n, words[0].Col, word, errRecovery)
	case (word == "exit" || word == "quit") && len(words) == 1:
		if s.lost--; s.lost == 0 {
			return s.problem(n, words[0].Col, word, errRecovery)
		}
	}
	return true
}

// edit goes to a level at or below another, which need not exist.
func (s *setReader) edit(n int, at configtree.Path, words []configtree.Word) bool {
	to, p := s.level(n, at, words)
	if p != nil {
		s.lost = 1
		return s.yield(configtree.Edit{}, p)
	}
	s.levels, s.at = append(s.levels, s.at), to
	return true
}

// level is where an edit from a level leads to.
func (s *setReader) level(n int, at configtree.Path, words []configtree.Word) (configtree.Path, *configtree.Problem) {
	end := words[len(words)-1]
	behind := end.Col + len(end.Text) + 1
	if len(words) == 1 {
		return nil, s.wrong(n, behind, "", errMissing)
	}
	res, p := configtree.Resolve(s.root, configtree.Find, at, words[1:])
	if p != nil {
		return nil, s.explain(n, at, words, res, p)
	}
	switch last := res.Path.Last(); {
	case last.Node.Kind == schema.List && last.Key == "":
		return nil, s.wrong(n, behind, "", errMissing)
	case last.Node.Kind != schema.Container && last.Node.Kind != schema.List:
		if len(res.Secret) > 0 {
			end.Text = secretMark
		}
		return nil, s.wrong(n, end.Col, end.Text, errSyntax)
	}
	return res.Path, nil
}

// exit goes back to where the last edit was. There is nothing to leave at the top, and where the
// lines began: that is said, and harms nothing.
func (s *setReader) exit(n int, words []configtree.Word) bool {
	if len(words) > 1 {
		return s.problem(n, words[1].Col, words[1].Text, errSyntax)
	}
	if last := len(s.levels) - 1; last >= 0 && len(s.at) > 0 {
		s.at, s.levels = s.levels[last], s.levels[:last]
		return true
	}
	return s.yield(configtree.Edit{}, &configtree.Problem{
		Path: level(s.at), Token: words[0].Text, Kind: configtree.NotFound, Warning: true, File: s.file, Line: n, Col: words[0].Col,
		Err: &StatementError{Err: errTopmost, Statement: words[0].Text, token: words[0].Text},
	})
}

// upwards obeys up and top, and the command behind them.
func (s *setReader) upwards(n int, words []configtree.Word) bool {
	at, rest := configtree.Path(nil), words[1:]
	if words[0].Text == "up" {
		levels := 1
		if len(rest) > 0 && !rest[0].Quoted {
			if count, err := strconv.Atoi(rest[0].Text); err == nil {
				if count < 1 || count > maxUp {
					return s.problem(n, rest[0].Col, rest[0].Text, errSyntax)
				}
				levels, rest = count, rest[1:]
			}
		}
		at = s.at[:max(0, len(s.at)-levels)]
	}
	switch {
	case len(rest) == 0 && words[0].Text == "top":
		s.at, s.levels = nil, nil
		return true
	case len(rest) == 0:
		s.at = at
		return true
	case rest[0].Text == "edit" && !rest[0].Quoted:
		return s.edit(n, at, rest)
	}
	return s.statement(n, at, rest)
}
