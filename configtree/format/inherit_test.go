package format

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInheritance(t *testing.T) {
	root := loadSchema(t)
	whole := tree(t, root, SetLines, `
set groups node system host-name R1
set groups node system root-authentication encrypted-password hush
set groups logs system syslog file messages any notice
set groups logs system syslog archive size 1m
set groups logs system syslog host <*> match-strings [ a b ]
set apply-groups [ node logs ]
set system syslog host h any any
set system syslog archive files 5
`)
	plain := ""
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{}, `
system {
    host-name R1;
    root-authentication {
        encrypted-password hush; ## SECRET-DATA
    }
    syslog {
        archive size 1m files 5;
        host h {
            any any;
            match-strings [ a b ];
        }
        file messages {
            any notice;
        }
    }
}
`},
		{Options{Inheritance: Brief}, `
system {
    ## 'R1' was inherited from group 'node'
    host-name R1;
    ## 'root-authentication' was inherited from group 'node'
    root-authentication {
        encrypted-password hush; ## SECRET-DATA
    }
    syslog {
        ## '1m' was inherited from group 'logs'
        archive size 1m files 5;
        host h {
            any any;
            ## 'a' was inherited from group 'logs'
            ## 'b' was inherited from group 'logs'
            match-strings [ a b ];
        }
        ## 'file messages' was inherited from group 'logs'
        file messages {
            any notice;
        }
    }
}
`},
		{Options{Inheritance: Told}, `
system {
    ##
    ## 'R1' was inherited from group 'node'
    ##
    host-name R1;
    ##
    ## 'root-authentication' was inherited from group 'node'
    ##
    root-authentication {
        ##
        ## 'encrypted-password' was inherited from group 'node'
        ##
        encrypted-password hush; ## SECRET-DATA
    }
    syslog {
        ##
        ## '1m' was inherited from group 'logs'
        ##
        archive size 1m files 5;
        host h {
            any any;
            ##
            ## 'a' was inherited from group 'logs'
            ## 'b' was inherited from group 'logs'
            ##
            match-strings [ a b ];
        }
        ##
        ## 'file messages' was inherited from group 'logs'
        ##
        file messages {
            ##
            ## 'any' was inherited from group 'logs'
            ## 'notice' was inherited from group 'logs'
            ##
            any notice;
        }
    }
}
`},
		{Options{Syntax: XML, Minified: true, Inheritance: Told}, `
<configuration><system><host-name junos:group="node">R1</host-name><root-authentication junos:group="node"><encrypted-password junos:group="node">hush</encrypted-password></root-authentication><syslog><archive><size junos:group="logs">1m</size><files>5</files></archive><host><name>h</name><contents><name>any</name><any/></contents><match-strings junos:group="logs">a</match-strings><match-strings junos:group="logs">b</match-strings></host><file junos:group="logs"><name>messages</name><contents junos:group="logs"><name>any</name><notice junos:group="logs"/></contents></file></syslog></system></configuration>`},
		{Options{Syntax: JSON, Minified: true, Inheritance: Told}, `
{"configuration":{"system":{"host-name":"R1","@host-name":{"junos:group":"node"},"root-authentication":{"@":{"junos:group":"node"},"encrypted-password":"hush","@encrypted-password":{"junos:group":"node"}},"syslog":{"archive":{"size":"1m","@size":{"junos:group":"logs"},"files":"5"},"host":[{"name":"h","contents":[{"name":"any","any":[null]}],"match-strings":["a","b"],"@match-strings":[{"junos:group":"logs"},{"junos:group":"logs"}]}],"file":[{"@":{"junos:group":"logs"},"name":"messages","contents":[{"@":{"junos:group":"logs"},"name":"any","notice":[null],"@notice":{"junos:group":"logs"}}]}]}}}}
`},
	} {
		var b strings.Builder
		if err := Write(&b, whole.Expand().Root(), test.o); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(test.want[1:], b.String()); d != "" {
			t.Errorf("%+v\n%s", test.o, d)
		}
		if got := text(t, tree(t, root, test.o.Syntax, b.String()), Options{}); plain != "" && got != plain {
			t.Errorf("remarks are read:\n%s", cmp.Diff(plain, got))
		} else {
			plain = got
		}
	}
}
