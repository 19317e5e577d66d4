module loggia/bench

go 1.26
