package sshd

import (
	"io"

	"golang.org/x/crypto/ssh"
)

// countingSigner tells of every signature.
type countingSigner struct {
	ssh.AlgorithmSigner
	signed func()
}

// Sign implements ssh.Signer. The library calls it when the algorithm is that of
// the key's format.
func (s countingSigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	s.signed()
	return s.AlgorithmSigner.Sign(rand, data)
}

// SignWithAlgorithm implements ssh.AlgorithmSigner.
func (s countingSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	s.signed()
	return s.AlgorithmSigner.SignWithAlgorithm(rand, data, algorithm)
}
