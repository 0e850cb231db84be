module github.com/ferrousdb/ferrous

go 1.26
