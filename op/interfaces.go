package op

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// showInterfaces tells the network interfaces of the machine, one or all.
func showInterfaces(_ context.Context, _ *Env, a Args) (Result, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	e := Element{Name: "interface-information"}
	for _, i := range list {
		if name, one := a["interface-name"]; one && name != i.Name {
			continue
		}
		described, err := physicalInterface(i, a.Has("terse"))
		if err != nil {
			return nil, err
		}
		e.Children = append(e.Children, described)
	}
	if len(e.Children) == 0 {
		return nil, fmt.Errorf("device %s not found", a["interface-name"])
	}
	return facts(e), nil
}

func physicalInterface(i net.Interface, terse bool) (Element, error) {
	up := func(is bool) string {
		if is {
			return "up"
		}
		return "down"
	}
	e := Group("physical-interface", Leaf("name", i.Name), Leaf("admin-status", up(i.Flags&net.FlagUp != 0)), Leaf("oper-status", up(i.Flags&net.FlagRunning != 0)))
	if !terse {
		kind := "Ethernet"
		if i.Flags&net.FlagLoopback != 0 {
			kind = "Loopback"
		}
		e.Children = append(e.Children, count("snmp-index", uint64(i.Index)), Leaf("link-level-type", kind), count("mtu", uint64(i.MTU)))
		if speed, ok := interfaceNumber(i.Name, "speed"); ok {
			e.Children = append(e.Children, Leaf("speed", fmt.Sprintf("%dmbps", speed)))
		}
		if address := i.HardwareAddr.String(); address != "" {
			e.Children = append(e.Children, Leaf("current-physical-address", address), Leaf("hardware-physical-address", address))
		}
		traffic := Element{Name: "traffic-statistics"}
		for _, c := range []struct{ element, file string }{{"input-bytes", "rx_bytes"}, {"output-bytes", "tx_bytes"}, {"input-packets", "rx_packets"}, {"output-packets", "tx_packets"}} {
			if n, ok := interfaceNumber(i.Name, "statistics/"+c.file); ok {
				traffic.Children = append(traffic.Children, count(c.element, n))
			}
		}
		e.Children = append(e.Children, traffic)
	}
	logical, err := logicalInterface(i)
	e.Children = append(e.Children, logical...)
	return e, err
}

// logicalInterface tells the addresses, by family. An interface without any has none.
func logicalInterface(i net.Interface) ([]Element, error) {
	addresses, err := i.Addrs()
	if err != nil || len(addresses) == 0 {
		return nil, err
	}
	e := Group("logical-interface", Leaf("name", i.Name+".0"))
	for _, family := range []struct {
		name string
		is   func(net.IP) bool
	}{{"inet", func(ip net.IP) bool { return ip.To4() != nil }}, {"inet6", func(ip net.IP) bool { return ip.To4() == nil }}} {
		f := Group("address-family", Leaf("address-family-name", family.name))
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok && family.is(n.IP) {
				f.Children = append(f.Children, Group("interface-address", Leaf("ifa-local", n.String())))
			}
		}
		if len(f.Children) > 1 {
			e.Children = append(e.Children, f)
		}
	}
	return []Element{e}, nil
}

// interfaceNumber reads a number that the kernel tells of an interface; false
// where it tells none, as of the speed of a loopback.
func interfaceNumber(name, file string) (uint64, bool) {
	text, err := os.ReadFile(filepath.Join("/sys/class/net", name, file))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
