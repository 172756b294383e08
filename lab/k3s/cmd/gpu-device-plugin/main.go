package main

import _ "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"

func main() {}
