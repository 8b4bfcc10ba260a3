module gclab/worker

go 1.23
